package process

// OOMKills reads a file of a control group.
var OOMKills = oomKills

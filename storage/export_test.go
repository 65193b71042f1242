package storage

// DecodeCarefully is DecodePayload without its short cut.
var DecodeCarefully = decodePayload

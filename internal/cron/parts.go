package cron

// Clock returns what the minute and hour fields name: bit n is minute n, hour n.
func (s Schedule) Clock() (minutes uint64, hours uint32) { return s.minutes, s.hours }

// Days returns the days of a month that the other fields name; bit n is day n.
func (s Schedule) Days(year, month int) uint32 { return s.daysOf(year, month) }

package executor_test

import "strconv"

func stepName(i int) string { return "n" + strconv.Itoa(i) }

// Package wrongprograms holds programs that the compiler must refuse, with what it says to them: wiring that doesn't
// fit is found before anything runs, and the message names both types. There is nothing to import here.
package wrongprograms

package main

import (
	"io"
	"strings"
)

func readerOf(text string) func() io.Reader {
	return func() io.Reader { return strings.NewReader(text) }
}

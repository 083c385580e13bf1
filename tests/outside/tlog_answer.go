package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// parseRoot reads a checkpoint's three lines, whose origin and size must be those given.
func parseRoot(text, origin string, size int64) (tlog.Hash, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] != origin || lines[1] != fmt.Sprint(size) || lines[3] != "" {
		return tlog.Hash{}, fmt.Errorf("not a checkpoint of %s at %d: %q", origin, size, text)
	}
	return tlog.ParseHash(lines[2])
}

// answer writes a note that Go itself signed, and the key to verify it with.
func answer(name string) {
	secret, public, err := note.GenerateKey(rand.Reader, name)
	check(err)
	signer, err := note.NewSigner(secret)
	check(err)
	signed, err := note.Sign(&note.Note{Text: name + "\nsigned by Go\n"}, signer)
	check(err)
	check(json.NewEncoder(os.Stdout).Encode(map[string]string{"vkey": public, "note": string(signed)}))
}

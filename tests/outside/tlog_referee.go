// Checks a log's bytes with Go's own packages for transparency logs: reads a JSON request from standard
// input, and exits with an error at the first thing that those packages do not accept.
package main

import (
	"encoding/json"
	"log"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type request struct {
	VKey        string
	Checkpoints []string // one for each size from 1 on
	Leaves      []string
	Inclusion   [][][]string // [size-1][index]: hashes in base64
	Consistency [][][]string // [size-1][old-1]
	GoKeyName   string
}

func hashes(texts []string) []tlog.Hash {
	found := make([]tlog.Hash, 0, len(texts))
	for _, text := range texts {
		hash, err := tlog.ParseHash(text)
		check(err)
		found = append(found, hash)
	}
	return found
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	var asked request
	check(json.NewDecoder(os.Stdin).Decode(&asked))
	verifier, err := note.NewVerifier(asked.VKey)
	check(err)
	var roots []tlog.Hash
	for i, checkpoint := range asked.Checkpoints {
		opened, err := note.Open([]byte(checkpoint), note.VerifierList(verifier))
		check(err)
		size := int64(i + 1)
		var root tlog.Hash
		if root, err = parseRoot(opened.Text, verifier.Name(), size); err != nil {
			log.Fatal(err)
		}
		roots = append(roots, root)
		for index, proof := range asked.Inclusion[i] {
			leaf := tlog.RecordHash([]byte(asked.Leaves[index]))
			check(tlog.CheckRecord(hashes(proof), size, root, int64(index), leaf))
		}
		for old, proof := range asked.Consistency[i] {
			check(tlog.CheckTree(hashes(proof), size, root, int64(old+1), roots[old]))
		}
	}
	answer(asked.GoKeyName)
}

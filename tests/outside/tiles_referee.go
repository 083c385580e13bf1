// Reads a log over HTTP as C2SP tlog-tiles has it, with Go's own packages for transparency logs, and exits with
// an error at the first thing that those packages do not accept.
package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type request struct {
	Server    string // http://host:port
	VKey      string
	Witnesses []string
	Positions []int64
	Olds      []int64
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func get(url string) []byte {
	answer, err := http.Get(url)
	check(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	check(err)
	if answer.StatusCode != 200 {
		log.Fatalf("%s: %s", url, answer.Status)
	}
	return body
}

// cosigner verifies cosignature/v1 lines (type 0x04), which Go's note package leaves to its users.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosigner(vkey string) cosigner {
	parts := strings.SplitN(vkey, "+", 3)
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	check(err)
	material, err := base64.StdEncoding.DecodeString(parts[2])
	check(err)
	if len(material) != 33 || material[0] != 4 {
		log.Fatalf("not a witness's key: %s", vkey)
	}
	return cosigner{parts[0], uint32(hash), material[1:]}
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 72 {
		return false
	}
	at := binary.BigEndian.Uint64(sig[:8])
	return ed25519.Verify(c.key, []byte(fmt.Sprintf("cosignature/v1\ntime %d\n%s", at, msg)), sig[8:])
}

// tiles fetches Go's tiles from the addresses of the C2SP, which say no height.
type tiles struct{ prefix string }

func (t tiles) Height() int                     { return 8 }
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		found = append(found, get(t.prefix+path))
	}
	return found, nil
}

func parseTree(text, origin string) tlog.Tree {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] != origin {
		log.Fatalf("not a checkpoint of %s: %q", origin, text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := tlog.ParseHash(lines[2])
	check(err)
	return tlog.Tree{N: size, Hash: root}
}

func open(data []byte, verifiers note.Verifiers, signatures int, origin string) tlog.Tree {
	opened, err := note.Open(data, verifiers)
	check(err)
	if len(opened.Sigs) != signatures {
		log.Fatalf("%d signatures are verified, not %d", len(opened.Sigs), signatures)
	}
	return parseTree(opened.Text, origin)
}

// entry reads a leaf from its bundle: big-endian lengths of two bytes before each.
func entry(prefix string, position, size int64) []byte {
	tile := tlog.Tile{H: 8, L: 0, N: position / 256, W: 256}
	if rest := size - tile.N*256; rest < 256 {
		tile.W = int(rest)
	}
	path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
	data := get(prefix + path)
	for skip := position % 256; ; skip-- {
		length := binary.BigEndian.Uint16(data)
		if skip == 0 {
			return data[2 : 2+length]
		}
		data = data[2+length:]
	}
}

func main() {
	var asked request
	check(json.NewDecoder(os.Stdin).Decode(&asked))
	prefix, api := asked.Server+"/log/", asked.Server+"/api/v1/log/"
	verifier, err := note.NewVerifier(asked.VKey)
	check(err)
	known := []note.Verifier{verifier}
	for _, vkey := range asked.Witnesses {
		known = append(known, newCosigner(vkey))
	}
	origin, all := verifier.Name(), note.VerifierList(known...)
	data := get(prefix + "checkpoint")
	tree := open(data, all, len(known), origin)
	open(data, note.VerifierList(verifier), 1, origin)

	reader := tlog.TileHashReader(tree, tiles{prefix})
	for _, position := range asked.Positions {
		leaf := tlog.RecordHash(entry(prefix, position, tree.N))
		proof, err := tlog.ProveRecord(tree.N, position, reader)
		check(err)
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, position, leaf))
		// The tlog-proof that the platform itself makes, with its cosigned checkpoint.
		file := get(fmt.Sprintf("%sproof/inclusion?position=%d&cosigned=true", api, position))
		head, checkpoint, _ := bytes.Cut(file, []byte("\n\n"))
		lines := strings.Split(string(head), "\n")
		if lines[0] != "c2sp.org/tlog-proof@v1" || lines[1] != fmt.Sprintf("index %d", position) {
			log.Fatalf("not a proof: %q", lines[:2])
		}
		of := open(checkpoint, all, len(known), origin)
		check(tlog.CheckRecord(hashes(lines[2:]), of.N, of.Hash, position, leaf))
	}
	for _, old := range asked.Olds {
		before := open(get(fmt.Sprintf("%scheckpoint?size=%d", api, old)), all, 1, origin)
		proof, err := tlog.ProveTree(tree.N, old, reader)
		check(err)
		check(tlog.CheckTree(proof, tree.N, tree.Hash, old, before.Hash))
		var answer struct{ Hashes []string }
		check(json.Unmarshal(get(fmt.Sprintf("%sproof/consistency?old=%d&new=%d", api, old, tree.N)), &answer))
		check(tlog.CheckTree(hashes(answer.Hashes), tree.N, tree.Hash, old, before.Hash))
	}
	fmt.Println(tree.N)
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

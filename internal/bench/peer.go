package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

//go:embed merkletreejs
var merkletreejs embed.FS

// merkleRemedy says what to do where npm's packages cannot be had.
const merkleRemedy = "install Node.js 18 or newer with npm (on Debian: apt-get install nodejs npm), or measure the rest: BENCH='-only PREFIX'"

// peer is a process of Node with merkletreejs.
type peer struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	talk    bytes.Buffer // its stderr
}

func startPeer(ctx context.Context) (*peer, error) {
	folder, err := installPeer(ctx)
	if err != nil {
		return nil, fmt.Errorf("npm package merkletreejs: %w: %s", err, merkleRemedy)
	}
	script, err := merkletreejs.ReadFile("merkletreejs/tree.js")
	if err != nil {
		return nil, err
	}
	p := &peer{command: exec.CommandContext(ctx, "node", "-e", string(script))}
	p.command.Dir, p.command.Stderr = folder, &p.talk // what a script of -e requires is looked for in the folder
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	if p.in, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	return p, p.command.Start()
}

// installPeer installs merkletreejs, at the versions of the lock file, into a folder
// of the user's cache that is named by that file, unless it is there.
func installPeer(ctx context.Context) (folder string, err error) {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			return "", err
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	lock, err := merkletreejs.ReadFile("merkletreejs/package-lock.json")
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256(lock)
	folder = filepath.Join(cache, "uptally", "merkletreejs-"+hex.EncodeToString(digest[:6]))
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(filepath.Dir(folder), "merkletreejs-new-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }() // nothing, once it is renamed
	if err := npmInstall(ctx, work); err != nil {
		return "", err
	}
	return folder, os.Rename(work, folder) // whole, or not at all
}

func npmInstall(ctx context.Context, folder string) error {
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := merkletreejs.ReadFile("merkletreejs/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			return err
		}
	}
	command := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
	command.Dir = folder
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// stop ends the process. What went wrong in it was told by ask.
func (p *peer) stop() {
	_ = p.in.Close()
	_ = p.command.Wait()
}

// round is the task of a round's trees in Node, timed there.
func (p *peer) round(way string) task {
	return func(context.Context) (time.Duration, error) {
		var took struct{ Milliseconds float64 }
		err := p.ask(fmt.Sprintf("%s %d", way, merkleTreesOther), &took)
		return time.Duration(took.Milliseconds * float64(time.Millisecond)), err
	}
}

// ask writes a line and reads one.
func (p *peer) ask(line string, answer any) error {
	if _, err := io.WriteString(p.in, line+"\n"); err != nil || !p.out.Scan() {
		return fmt.Errorf("node ends: %w: %s", errors.Join(err, p.out.Err(), p.command.Wait()), bytes.TrimSpace(p.talk.Bytes()))
	}
	return json.Unmarshal(p.out.Bytes(), answer)
}

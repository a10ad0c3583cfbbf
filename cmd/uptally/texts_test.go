package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// What the README and the manual name is there: commands, flags, variables, addresses.
func TestTextsNameWhatIsThere(t *testing.T) {
	t.Parallel()
	texts := map[string]string{"manual.txt": manual, "README.md": read(t, "../../README.md")}
	root := commandTree(t)
	flags, variables := flagsOf(root), variablesOfTheProgram(t)
	for name, text := range texts {
		for _, command := range regexp.MustCompile(`\buptally((?:\s+[a-z][a-z-]*\b)+)`).FindAllStringSubmatch(text, -1) {
			if unknown := unknownIn(root, strings.Fields(command[1])); unknown != "" {
				t.Errorf("%s: there is no uptally %s", name, unknown)
			}
		}
		for _, flag := range regexp.MustCompile(`[\s\x60(\[]--([a-z][a-z-]*)`).FindAllStringSubmatch(text, -1) {
			if !slices.Contains(flags, flag[1]) && !slices.Contains(flagsOfOthers, flag[1]) {
				t.Errorf("%s: no command has the flag --%s", name, flag[1])
			}
		}
		named := regexp.MustCompile(`UPTALLY_[A-Z_]+`).FindAllString(text, -1)
		for _, variable := range named {
			if !slices.Contains(variables, variable) {
				t.Errorf("%s: nothing reads %s", name, variable)
			}
		}
		for _, variable := range variables {
			if !slices.Contains(named, variable) {
				t.Errorf("%s: %s is not named", name, variable)
			}
		}
		paths := pathsOfTheAPI(t)
		for _, path := range regexp.MustCompile(`/v1/[a-z/{}-]+`).FindAllString(text, -1) {
			if !slices.Contains(paths, path) {
				t.Errorf("%s: no operation at %s", name, path)
			}
		}
	}
	listed(t, root, texts["README.md"])
}

// Whoever reads the help of what may hold a secret is told of the variable.
func TestHelpOfSecretsNamesTheVariable(t *testing.T) {
	t.Parallel()
	found := 0
	for _, flag := range allFlags(commandTree(t)) {
		if len(flag.Envs) == 0 || flag.PlaceHolder != "URL" {
			continue
		}
		found++
		if !strings.Contains(flag.Help, "rather set the variable") {
			t.Errorf("--%s: %s", flag.Name, flag.Help)
		}
	}
	if found < 3 {
		t.Errorf("only %d flags take URLs", found)
	}
}

// flagsOfOthers are those of programs that are not ours.
var flagsOfOthers = []string{"enable-row-security", "output-path"}

// proof begins the text that wallets sign, which is no command.
const proof = "wallet proof"

// listed holds the README's table of commands against the commands.
func listed(t *testing.T, root *kong.Node, readme string) {
	t.Helper()
	_, rest, _ := strings.Cut(readme, "## Commands\n\n```\n")
	table, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the README has no table of commands")
	}
	for _, noun := range root.Children {
		at := regexp.MustCompile(`(?m)\buptally ` + noun.Name + `\b.*$|, ` + noun.Name + `$`).FindString(table)
		if at == "" && noun.Name != "help" {
			t.Errorf("README.md: %s is not listed", noun.Name)
		}
		for _, verb := range noun.Children {
			if verb != noun.DefaultCmd && !regexp.MustCompile(`[\s|]`+verb.Name+`(?:[\s|]|$)`).MatchString(at) {
				t.Errorf("README.md: %s %s is not listed", noun.Name, verb.Name)
			}
		}
		for _, alternative := range strings.Split(at, "|")[1:] {
			if word := strings.Fields(alternative)[0]; unknownIn(noun, []string{word}) != "" {
				t.Errorf("README.md: there is no %s %s", noun.Name, word)
			}
		}
	}
}

// unknownIn returns the first words that lead to no command; "" if all do. What follows
// a command that has no others below it is what it is given.
func unknownIn(node *kong.Node, words []string) string {
	for i, word := range words {
		if len(node.Children) == 0 {
			return ""
		}
		at := slices.IndexFunc(node.Children, func(child *kong.Node) bool { return child.Name == word })
		if at < 0 {
			if path := strings.Join(words[:i+1], " "); path != proof {
				return path
			}
			return ""
		}
		node = node.Children[at]
	}
	return ""
}

func commandTree(t *testing.T) *kong.Node {
	t.Helper()
	parser, err := kong.New(&grammar{}, kong.ExplicitGroups(groups()), kong.Vars{"data": "", "actor": "", "domain": ""})
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model.Node
}

func allFlags(node *kong.Node) []*kong.Flag {
	flags := slices.Clone(node.Flags)
	for _, child := range node.Children {
		flags = append(flags, allFlags(child)...)
	}
	return flags
}

func flagsOf(root *kong.Node) []string {
	var names []string
	for _, flag := range allFlags(root) {
		names = append(names, flag.Name)
	}
	return names
}

// variablesOfTheProgram are the variables that its sources name.
func variablesOfTheProgram(t *testing.T) []string {
	t.Helper()
	var variables []string
	for _, folder := range []string{".", "../../internal/embedpg"} {
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if filepath.Ext(entry.Name()) == ".go" && !strings.HasSuffix(entry.Name(), "_test.go") {
				variables = append(variables, regexp.MustCompile(`UPTALLY_[A-Z_]*[A-Z]\b`).FindAllString(read(t, filepath.Join(folder, entry.Name())), -1)...)
			}
		}
	}
	slices.Sort(variables)
	return slices.Compact(variables)
}

func pathsOfTheAPI(t *testing.T) (paths []string) {
	t.Helper()
	var document struct{ Paths map[string]any }
	if err := json.Unmarshal([]byte(read(t, "../../api/openapi.json")), &document); err != nil {
		t.Fatal(err)
	}
	for path := range document.Paths {
		paths = append(paths, path)
	}
	return paths
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := fs.ReadFile(os.DirFS(filepath.Dir(path)), filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

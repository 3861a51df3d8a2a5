package templates

import (
	"fmt"
	"html/template"
	"text/template/parse"
)

// assembly is the set of all definitions of one language. What pages share is in
// it once; what comes out differently for a page, because it calls a block that
// the page redefines, is there once more under the page's name: a set of its own
// for each page would be two thirds of an idle server's heap.
type assembly struct {
	set    *template.Template
	shared *template.Template // the definitions of layout and partials
}

// add adds a page's definitions, and returns the page.
func (a assembly) add(name string, page *template.Template) (*template.Template, error) {
	p := assembling{assembly: a, name: name, page: page, own: map[string]bool{}, added: map[string]bool{}}
	entry := "layout"
	if err := p.add(entry); err != nil {
		return nil, err
	}
	return a.set.Lookup(p.named(entry)), nil
}

// assembling adds one page.
type assembling struct {
	assembly
	name  string
	page  *template.Template
	own   map[string]bool // by definition: whether it comes out differently for this page
	added map[string]bool
}

// tree is what a definition is for the page: its own, or what it shares.
func (p *assembling) tree(name string) *parse.Tree {
	if t := definition(p.page, name); t != nil {
		return t
	}
	return definition(p.shared, name)
}

// isOwn reports whether the page defines the name, or calls through it what it
// defines. No definition calls itself.
func (p *assembling) isOwn(name string) bool {
	if known, ok := p.own[name]; ok {
		return known
	}
	p.own[name] = definition(p.page, name) != nil
	if t := p.tree(name); t != nil && !p.own[name] {
		calls(t.Root, func(call *parse.TemplateNode) {
			if p.isOwn(call.Name) {
				p.own[name] = true
			}
		})
	}
	return p.own[name]
}

// named is what a definition is called in the set.
func (p *assembling) named(name string) string {
	if p.isOwn(name) {
		return p.name + "/" + name
	}
	return name
}

// add adds a definition and those that it calls.
func (p *assembling) add(name string) error {
	if p.added[name] {
		return nil
	}
	p.added[name] = true
	tree := p.tree(name)
	if tree == nil {
		return fmt.Errorf("templates: no definition %q for page %s", name, p.name)
	}
	if !p.isOwn(name) && definition(p.set, name) != nil {
		return nil // another page's doing, with all that it calls
	}
	if definition(p.page, name) == nil {
		tree = tree.Copy() // other pages want it as it is
	}
	var called []string
	calls(tree.Root, func(call *parse.TemplateNode) {
		called = append(called, call.Name)
		call.Name = p.named(call.Name)
	})
	if _, err := p.set.AddParseTree(p.named(name), tree); err != nil {
		return fmt.Errorf("templates: add %q of page %s: %w", name, p.name, err)
	}
	for _, name := range called {
		if err := p.add(name); err != nil {
			return err
		}
	}
	return nil
}

// definition is the tree of a name that a set defines, if it does.
func definition(set *template.Template, name string) *parse.Tree {
	t := set.Lookup(name)
	if t == nil || t.Tree == nil {
		return nil
	}
	return t.Tree
}

// calls tells of every {{template}} and {{block}} in a list of nodes.
func calls(list *parse.ListNode, call func(*parse.TemplateNode)) {
	if list == nil {
		return
	}
	branch := func(b *parse.BranchNode) {
		calls(b.List, call)
		calls(b.ElseList, call)
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.TemplateNode:
			call(n)
		case *parse.IfNode:
			branch(&n.BranchNode)
		case *parse.RangeNode:
			branch(&n.BranchNode)
		case *parse.WithNode:
			branch(&n.BranchNode)
		}
	}
}

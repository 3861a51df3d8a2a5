package templates

import (
	"fmt"
	"html/template"
	"text/template/parse"
)

// assemble fills empty, which has the layout's name, with the definitions that a
// page comes to: its own, and of the shared ones those that it does not define
// itself. A copy of all shared definitions for each page and language would take
// tens of megabytes.
func assemble(empty, shared, page *template.Template) (*template.Template, error) {
	reached := map[string]bool{}
	var reach func(name string) error
	reach = func(name string) error {
		if reached[name] {
			return nil
		}
		reached[name] = true
		tree := definition(page, name)
		if tree == nil {
			if tree = definition(shared, name); tree == nil {
				return fmt.Errorf("templates: no definition %q", name)
			}
			tree = tree.Copy() // a page's escaping is written into it
		}
		if _, err := empty.AddParseTree(name, tree); err != nil {
			return fmt.Errorf("templates: add %q: %w", name, err)
		}
		var fault error
		calls(tree.Root, func(called string) {
			if err := reach(called); fault == nil {
				fault = err
			}
		})
		return fault
	}
	if err := reach(empty.Name()); err != nil {
		return nil, err
	}
	return empty.Lookup(empty.Name()), nil
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
func calls(list *parse.ListNode, call func(name string)) {
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
			call(n.Name)
		case *parse.IfNode:
			branch(&n.BranchNode)
		case *parse.RangeNode:
			branch(&n.BranchNode)
		case *parse.WithNode:
			branch(&n.BranchNode)
		}
	}
}

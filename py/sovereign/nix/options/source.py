"""Nix source, read into what is known of its value without evaluating it.

`lib.mkForce x` and its like are read as `x`, for a definition has the type of what it wraps.
"""

from collections.abc import Callable, Mapping

import tree_sitter_nix
from tree_sitter import Language, Node, Parser

from sovereign.nix.options.literals import LITERALS, attribute_name, span_of, text_of, truth
from sovereign.nix.options.values import (
    Attr,
    Attrs,
    Function,
    Items,
    Opaque,
    Package,
    Scalar,
    Several,
    Text,
    Value,
)

Scope = Mapping[str, Value]

_LANGUAGE = Language(tree_sitter_nix.language())
_CONSTANTS = {"true": True, "false": False, "null": None}
_CONDITIONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "&&", "||", "->"})
# functions that return their last argument, or say how it is merged
_WRAPPERS = frozenset(
    {
        *("mkForce", "mkDefault", "mkOptionDefault", "mkImageMediaOverride", "mkVMOverride"),
        *("mkOverride", "mkBefore", "mkAfter", "mkOrder", "mkIf", "mkMerge"),
        *("optionals", "optionalAttrs"),
    }
)
# functions that return a string
_STRINGS = frozenset(
    {
        *("toString", "readFile", "fileContents", "toJSON", "boolToString", "optionalString"),
        *("concatStringsSep", "concatMapStringsSep", "concatMapStrings", "makeBinPath"),
        *("escapeShellArg", "escapeShellArgs", "getExe", "getExe'", "replaceStrings"),
        *("removeSuffix", "removePrefix"),
    }
)
# functions that return a package
_BUILDERS = frozenset(
    {
        *("writeText", "writeTextFile", "writeTextDir", "writeScript", "writeScriptBin"),
        *("writeShellScript", "writeShellScriptBin", "writeShellApplication"),
        *("runCommand", "runCommandLocal", "symlinkJoin", "buildEnv"),
    }
)


def read_expression(text: str) -> Value | None:
    """Read one Nix expression, as a file holds it; None when the text is no Nix."""
    source = text.encode("utf-8", "surrogatepass")
    root = Parser(_LANGUAGE).parse(source).root_node
    body = root.child_by_field_name("expression")
    if root.has_error or body is None:
        return None
    return _Reader(source.split(b"\n")).read(body, {})


class _Reader:
    """Reads the nodes of one text; `lines` gives columns in characters instead of bytes."""

    def __init__(self, lines: list[bytes]) -> None:
        self.lines = lines

    def read(self, node: Node, scope: Scope) -> Value:
        """Read an expression; a form that tells nothing becomes Opaque."""
        if literal := LITERALS.get(node.type):
            return literal(node, span_of(node, self.lines))
        form = _FORMS.get(node.type)
        return form(self, node, scope) if form else Opaque(span_of(node, self.lines))

    def field(self, node: Node, name: str, scope: Scope) -> Value:
        child = node.child_by_field_name(name)
        return Opaque(span_of(node, self.lines)) if child is None else self.read(child, scope)

    def inner(self, node: Node, scope: Scope) -> Value:
        return self.field(node, "expression", scope)

    def body(self, node: Node, scope: Scope) -> Value:
        return self.field(node, "body", scope)

    def function(self, node: Node, scope: Scope) -> Value:
        """Read a function by its result, in which its arguments are unknown."""
        formals = node.child_by_field_name("formals")
        bound = [
            formal.child_by_field_name("name")
            for formal in (formals.children_by_field_name("formal") if formals else [])
        ]
        bound.append(node.child_by_field_name("universal"))
        hidden = {text_of(name) for name in bound if name is not None}
        return Function(self.body(node, _without(scope, hidden)), span_of(node, self.lines))

    def variable(self, node: Node, scope: Scope) -> Value:
        name = text_of(node)
        if name in scope:
            return scope[name]
        if name in _CONSTANTS:
            return Scalar(_CONSTANTS[name], span_of(node, self.lines))
        return Opaque(span_of(node, self.lines))

    def list(self, node: Node, scope: Scope) -> Value:
        items = tuple(self.read(item, scope) for item in node.children_by_field_name("element"))
        return Items(items, span_of(node, self.lines))

    def attrset(self, node: Node, scope: Scope) -> Value:
        return Attrs(self.bindings(node, scope), span_of(node, self.lines))

    def recursive(self, node: Node, scope: Scope) -> Value:
        """Read a `rec` set, whose own names hide those around it."""
        names = {attr.name for attr in self.bindings(node, {}) if attr.name is not None}
        return self.attrset(node, _without(scope, names))

    def let(self, node: Node, scope: Scope) -> Value:
        """Read the body of a `let` with the names that come before their use."""
        inner = dict(scope)
        for binding in _bindings(node):
            for attr in self.binding(binding, inner):
                if attr.name is not None:
                    inner[attr.name] = attr.value
        return self.body(node, inner)

    def branches(self, node: Node, scope: Scope) -> Value:
        both = (self.field(node, "consequence", scope), self.field(node, "alternative", scope))
        return Several(both, span_of(node, self.lines))

    def unary(self, node: Node, scope: Scope) -> Value:
        if text_of(node).startswith("!"):
            return truth(span_of(node, self.lines))
        match self.field(node, "argument", scope):
            case Scalar(int() | float() as number):
                return Scalar(-number, span_of(node, self.lines))
            case _:
                return Opaque(span_of(node, self.lines))

    def binary(self, node: Node, scope: Scope) -> Value:
        operator = node.child_by_field_name("operator")
        sign = text_of(operator) if operator else ""
        if sign in _CONDITIONS:
            return truth(span_of(node, self.lines))
        span = span_of(node, self.lines)
        match sign, self.field(node, "left", scope), self.field(node, "right", scope):
            case "++", Items(left), Items(right):
                return Items(left + right, span)
            case "++", Items(known), _:
                return Items((*known, Opaque(span)), span)
            case "++", _, Items(known):
                return Items((Opaque(span), *known), span)
            case "//", left_set, right_set:
                return Several((left_set, right_set), span)
            case "+", Text(left_text, True), Text(right_text, complete):
                return Text(left_text + right_text, complete, span)
            case "+", Text(left_text, False), _:
                return Text(left_text, complete=False, span=span)
            case _:
                return Opaque(span)

    def apply(self, node: Node, scope: Scope) -> Value:
        """Read a call of a function of `lib`, `builtins` or `pkgs` that is known by its name."""
        arguments: list[Node] = []
        called = node
        while called.type == "apply_expression":
            arguments += called.children_by_field_name("argument")
            function = called.child_by_field_name("function")
            if function is None:
                break
            called = function
        name = text_of(called).split(".")[-1]
        span = span_of(node, self.lines)
        if name in _STRINGS:
            return Text("", complete=False, span=span)
        if name in _BUILDERS:
            return Package(text_of(called), span)
        if name == "optional" and len(arguments) == 2:
            return Items((self.read(arguments[0], scope),), span)
        if name in _WRAPPERS:
            wrapped = self.read(arguments[0], scope)
            if name == "mkMerge" and isinstance(wrapped, Items):
                return Several(wrapped.items, span)
            return wrapped
        return Opaque(span)

    def bindings(self, node: Node, scope: Scope) -> tuple[Attr, ...]:
        return tuple(attr for part in _bindings(node) for attr in self.binding(part, scope))

    def binding(self, node: Node, scope: Scope) -> tuple[Attr, ...]:
        """Read one definition; a dotted path becomes sets within sets."""
        if node.type != "binding":
            return self.inherited(node, scope)
        path = node.child_by_field_name("attrpath")
        value = self.inner(node, scope)
        for part in reversed(path.children_by_field_name("attr") if path else []):
            attr = Attr(attribute_name(part), value, span_of(part, self.lines))
            value = Attrs((attr,), attr.span)
        return value.attrs if isinstance(value, Attrs) else ()

    def inherited(self, node: Node, scope: Scope) -> tuple[Attr, ...]:
        names = node.child_by_field_name("attrs")
        plain = node.type == "inherit"
        attrs = []
        for part in names.children_by_field_name("attr") if names else []:
            name, span = attribute_name(part), span_of(part, self.lines)
            known = scope.get(name) if plain and name is not None else None
            attrs.append(Attr(name, known or Opaque(span), span))
        return tuple(attrs)


def _without(scope: Scope, names: set[str]) -> Scope:
    return {name: value for name, value in scope.items() if name not in names}


def _bindings(node: Node) -> list[Node]:
    found = [child for child in node.named_children if child.type == "binding_set"]
    return found[0].children_by_field_name("binding") if found else []


_FORMS: dict[str, Callable[[_Reader, Node, Scope], Value]] = {
    "function_expression": _Reader.function,
    "variable_expression": _Reader.variable,
    "list_expression": _Reader.list,
    "attrset_expression": _Reader.attrset,
    "rec_attrset_expression": _Reader.recursive,
    "let_expression": _Reader.let,
    "if_expression": _Reader.branches,
    "unary_expression": _Reader.unary,
    "binary_expression": _Reader.binary,
    "apply_expression": _Reader.apply,
    "parenthesized_expression": _Reader.inner,
    "with_expression": _Reader.body,
    "assert_expression": _Reader.body,
}

# Functions of lists.
{ lib }:
rec {
  inherit (builtins)
    all
    any
    concatLists
    concatMap
    elem
    elemAt
    filter
    foldl'
    genList
    groupBy
    head
    isList
    length
    map
    partition
    sort
    tail
    ;
  last = list: elemAt list (length list - 1);
  init = list: genList (elemAt list) (length list - 1);
  optional = condition: value: if condition then [ value ] else [ ];
  optionals = condition: list: if condition then list else [ ];
  singleton = value: [ value ];
  toList = value: if isList value then value else [ value ];
  reverseList =
    list:
    let
      end = length list - 1;
    in
    genList (i: elemAt list (end - i)) (length list);
  imap0 = f: list: genList (i: f i (elemAt list i)) (length list);
  imap1 = f: imap0 (i: f (i + 1));
  range = from: to: if from > to then [ ] else genList (i: from + i) (to - from + 1);
  foldr =
    f: end: list:
    foldl' (done: value: f value done) end (reverseList list);
  flatten = value: if isList value then concatMap flatten value else [ value ];
  unique = foldl' (seen: value: if elem value seen then seen else seen ++ [ value ]) [ ];
  subtractLists = without: filter (value: !elem value without);
  intersectLists = list: filter (value: elem value list);
  remove = value: filter (other: other != value);
  count = keep: list: length (filter keep list);
  take = count: list: genList (elemAt list) (lib.min count (length list));
  drop = count: list: genList (i: elemAt list (count + i)) (lib.max 0 (length list - count));
  findFirst =
    keep: default: list:
    let
      found = filter keep list;
    in
    if found == [ ] then default else head found;
}

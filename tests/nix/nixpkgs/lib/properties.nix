# Properties of a definition: a condition, several contents, a priority, a place in the order.
{ lib }:
let
  defaultPriority = 100;
  defaultOrder = 1000;

  # a definition without conditions and merges: one, several or none
  discharge =
    def:
    let
      kind = def.value._type or "";
      as = value: discharge (def // { inherit value; });
    in
    if kind == "merge" then
      lib.concatMap as def.value.contents
    else if kind == "if" then
      if !builtins.isBool def.value.condition then
        throw "‘mkIf’ called with a non-Boolean condition"
      else if def.value.condition then
        as def.value.content
      else
        [ ]
    else
      [ def ];

  # a discharged definition without its priority, which then stands beside the value
  weigh =
    def:
    if def.value._type or "" == "override" then
      def
      // {
        inherit (def.value) priority;
        value = def.value.content;
      }
    else
      def // { priority = defaultPriority; };

  place =
    def:
    if def.value._type or "" == "order" then
      def
      // {
        order = def.value.priority;
        value = def.value.content;
      }
    else
      def // { order = defaultOrder; };
in
rec {
  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };
  mkMerge = contents: {
    _type = "merge";
    inherit contents;
  };
  mkOverride = priority: content: {
    _type = "override";
    inherit priority content;
  };
  mkOrder = priority: content: {
    _type = "order";
    inherit priority content;
  };
  mkVMOverride = mkOverride 10;
  mkForce = mkOverride 50;
  mkImageMediaOverride = mkOverride 60;
  mkDefault = mkOverride 1000;
  mkOptionDefault = mkOverride 1500;
  mkBefore = mkOrder 500;
  mkAfter = mkOrder 1500;
  inherit defaultPriority;
  defaultOrderPriority = defaultOrder;

  # The definitions that count: those of the strongest priority, in the order asked for.
  effective =
    defs:
    let
      weighed = map weigh (lib.concatMap discharge defs);
      strongest = lib.foldl' (best: def: lib.min best def.priority) 9999 weighed;
    in
    lib.sort (left: right: left.order < right.order) (
      map place (lib.filter (def: def.priority == strongest) weighed)
    );

  # A definition of a set of options as plain sets, each property pushed onto the attributes, so
  # that their names are known without deciding a condition.
  spread =
    def:
    let
      inherit (def) value;
      kind = value._type or "";
      pushed =
        wear:
        map (d: d // { value = lib.mapAttrs (_: wear) d.value; }) (
          spread (def // { value = value.content; })
        );
    in
    if kind == "merge" then
      lib.concatMap (v: spread (def // { value = v; })) value.contents
    else if kind == "if" then
      pushed (mkIf value.condition)
    else if kind == "override" then
      pushed (mkOverride value.priority)
    else
      [ def ];
}

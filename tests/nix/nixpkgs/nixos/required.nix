# Options without a default that NixOS reads from every element of a set or a list.
let
  below = prefix: map (rest: prefix ++ rest);
in
[
  [
    "fileSystems"
    "<name>"
    "fsType"
  ]
  [
    "system"
    "stateVersion"
  ]
]
++
  below
    [
      "networking"
      "wireguard"
      "interfaces"
      "<name>"
      "peers"
      "*"
    ]
    [
      [ "publicKey" ]
      [ "allowedIPs" ]
    ]
++
  below
    [
      "networking"
      "vlans"
      "<name>"
    ]
    [
      [ "id" ]
      [ "interface" ]
    ]
++
  below
    [
      "networking"
      "nftables"
      "tables"
      "<name>"
    ]
    [
      [ "family" ]
      [ "content" ]
    ]
++
  below
    [
      "swapDevices"
      "*"
    ]
    [ [ "device" ] ]
++
  below
    [
      "services"
      "postgresql"
      "ensureUsers"
      "*"
    ]
    [ [ "name" ] ]

# Generated from hosts/small/host.toml; edit that file instead.
set -- alice

# smbpasswd asks twice and reads the answers from its standard input: no secret is an argument.
for user; do
  password=$(cat "$CREDENTIALS_DIRECTORY/$user")
  : "${password:?the secret of $user is empty}"
  printf '%s\n%s\n' "$password" "$password" | smbpasswd -s -a "$user"
done

# Who is no longer described loses access.
pdbedit --list | cut -d : -f 1 | while read -r known; do
  case " $* " in
    *" $known "*) ;;
    *) smbpasswd -x "$known" ;;
  esac
done

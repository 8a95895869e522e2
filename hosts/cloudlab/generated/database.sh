# Generated from hosts/cloudlab/host.toml; edit that file instead.
# psql asks for each password twice, in the order of database.sql, and reads the answers from its
# standard input, as a service has no terminal: no secret is an argument or stands in a statement.
set -- emily mlflow
answers=$(
  for role; do
    password=$(cat "$CREDENTIALS_DIRECTORY/$role")
    printf '%s\n%s\n' "${password:?the secret of $role is empty}" "$password"
  done
)
printf '%s\n' "$answers" | psql --no-psqlrc --quiet --dbname=postgres --file="$DATABASE_SQL"

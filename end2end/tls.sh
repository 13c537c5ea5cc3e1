#!/usr/bin/env bash
# Whether the real binary keeps to what it promises about TLS to PostgreSQL, with certificates that are right and others that are not. Needs a server of its own:
# scripts/postgres run end2end/tls.sh
set -u
cd "$(dirname "$0")/.."
. end2end/shell.sh

data=$(dirname "$POSTGRES_FOR_TESTS_PROCESS")
address=${POSTGRES_FOR_TESTS#*@} address=${address%/*}
port=${address#*:}

authority() { # name
  faketime '5 days ago' openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj "/CN=$1" -addext keyUsage=critical,keyCertSign \
    -keyout "$work/$1.key" -out "$work/$1.pem" 2> "$work/openssl"
}
certificate() { # name, authority, the name of the host, when it was signed, for a day
  local name=$1 by=$2 host=$3 signed=$4
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=database -keyout "$work/$name.key" -out "$work/$name.csr" 2> "$work/openssl"
  printf 'subjectAltName=DNS:%s\n' "$host" > "$work/names"
  faketime "$signed" openssl x509 -req -days 1 -in "$work/$name.csr" -CA "$work/$by.pem" -CAkey "$work/$by.key" -extfile "$work/names" \
    -out "$work/$name.pem" 2> "$work/openssl"
}
authority ours
authority another
certificate good ours localhost now
certificate misnamed ours elsewhere.example now
certificate expired ours localhost "3 days ago"

shown() { openssl s_client -starttls postgres -connect "$address" < /dev/null 2> /dev/null | openssl x509 -noout -fingerprint 2> /dev/null; }
# The server reads it when it is told to, and then shows it; whether it does.
shows() { # certificate
  cp "$work/$1.pem" "$data/server.crt" && cp "$work/$1.key" "$data/server.key"
  chmod 600 "$data/server.key" && chown --reference="$data" "$data/server.crt" "$data/server.key"
  kill -HUP "$(head -n 1 "$POSTGRES_FOR_TESTS_PROCESS")"
  local expected; expected=$(openssl x509 -noout -fingerprint -in "$work/$1.pem")
  for _ in $(seq 100); do [ "$(shown)" = "$expected" ] && return; sleep 0.05; done
  return 1
}

# Only in small letters it is known to be this machine, and so whoever writes it otherwise is on the safe side. There is no other name that may be elsewhere and is here.
elsewhere=LOCALHOST
show() { printf '        %s\n' "$said"; false; }
asks() { # host, parameters
  said=$(cd "$work" && timeout 20 "$binary" user list --database-url "postgres://postgres@$1:$port/postgres${2:+?$2}" 2>&1)
  code=$?
}
accepted() { asks "$2" "$3"; ok "$1" is "$code" 0 || show; }
refused() { asks "$2" "$3"; [ "$code" != 0 ] || said=; ok "$1" has "$said" "$4"; }

echo '# a server without TLS'
refused 'one that may be elsewhere is refused' "$elsewhere" '' 'does not support TLS'
accepted 'one on this machine is not' localhost ''
accepted 'nor one of which the URL says so' "$elsewhere" sslmode=disable

printf "ssl = on\n" >> "$data/postgresql.conf"
trusted=sslrootcert=$work/ours.pem
echo '# a server with TLS'
ok 'it shows a certificate for its name' shows good
accepted 'which is verified without being asked for' "$elsewhere" "$trusted"
accepted 'and where it is asked for' localhost "sslmode=verify-full&$trusted"
refused 'and refused where nobody has said who may sign' "$elsewhere" '' UnknownIssuer
refused 'or somebody else may' "$elsewhere" "sslrootcert=$work/another.pem" UnknownIssuer
accepted 'unless the URL asks for encryption alone' "$elsewhere" sslmode=require
ok 'it shows one for another name' shows misnamed
refused 'which is refused without being asked for' "$elsewhere" "$trusted" 'not valid for name'
refused 'and where it is asked for' localhost "sslmode=verify-full&$trusted" 'not valid for name'
accepted 'unless the URL asks for the signature alone' "$elsewhere" "sslmode=verify-ca&$trusted"
ok 'it shows one that has run out' shows expired
refused 'which is refused' "$elsewhere" "$trusted" 'certificate expired'

verdict

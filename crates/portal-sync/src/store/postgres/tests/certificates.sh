#!/bin/sh
# Makes the certificates of the tests anew, with OpenSSL 3. They hold from 2020 to 2120, and nothing else trusts them.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/conf" <<END
[ca]
default_ca = of_the_tests
[of_the_tests]
database = $work/index
new_certs_dir = $work
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
subjectAltName = DNS:localhost
[client]
basicConstraints = CA:FALSE
extendedKeyUsage = clientAuth
[own]
basicConstraints = critical, CA:TRUE
subjectAltName = DNS:localhost
END
: >"$work/index"

# make NAME SUBJECT EXTENSIONS HOW…: a key, and its certificate.
make() {
    name=$1 subject=$2 extensions=$3
    shift 3
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$name.key" 2>/dev/null
    openssl req -new -key "$name.key" -subj "/CN=$subject" -out "$work/request"
    openssl ca -config "$work/conf" -batch -notext -in "$work/request" -out "$name.pem" -extensions "$extensions" \
        -startdate 20200101000000Z -enddate 21200101000000Z "$@" 2>/dev/null
}

# Two authorities: the one that signs, and one that signs nothing.
make authority "authority of the tests" authority -selfsign -keyfile authority.key
make stranger "stranger of the tests" authority -selfsign -keyfile stranger.key
# A server that is `localhost`, and a client.
make server server server -cert authority.pem -keyfile authority.key
make client client client -cert authority.pem -keyfile authority.key
# A server whose certificate nobody signed but itself, as `openssl req -x509` makes it.
make own localhost own -selfsign -keyfile own.key

rm authority.key stranger.key

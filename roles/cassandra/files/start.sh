# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
#
# Decides whether this node may start, and how. A node with data starts as it is. A node without data would take
# a place in the ring and answer for rows that it does not have, so it starts only where the plan names its pod:
#   form TOKENS      it is one of those that make the ring, with these tokens
#   join             it is added to the ring
#   replace ADDRESS  it takes the place of the node that had this address
# Inputs: POD_NAME, CASSANDRA_RACK, CASSANDRA_DATA; the folders config and plan; exits 1 with the reason.
set -euo pipefail

config=/etc/meshed/config
plan=/etc/meshed/plan
work=/run/meshed

say() { printf 'meshed.cassandra: %s\n' "$*" >&2; }

refuse() {
  say "refusing to start: $*"
  exit 1
}

# Tokens and host ID live in this table; Cassandra writes it to disk at once when it gets them.
has_data() { compgen -G "$CASSANDRA_DATA/data/system/local-*/*-Data.db" > /dev/null; }

# Cassandra looks the seeds up once. Two seeds that start before they can see each other become two rings for ever.
wait_for_seeds() {
  local seed deadline=$((SECONDS + 3600)) said=
  while read -r seed; do
    until getent hosts "$seed" > /dev/null; do
      [[ $SECONDS -lt $deadline ]] || refuse "seed $seed has no address after an hour: is its pod scheduled?"
      [[ $said == "$seed" ]] || say "waiting until seed $seed has an address"
      said=$seed
      sleep 0.5
    done
  done < "$plan/seeds"
}

write_configuration() {
  local seed seeds=()
  while read -r seed; do
    # A node that finds itself among the seeds does not bootstrap.
    [[ $seed == "$POD_NAME".* && $action =~ ^(join|replace)$ ]] || seeds+=("$seed")
  done < "$config/seeds"
  local list
  list=$(IFS=, && printf '%s' "${seeds[*]}")
  sed "s/@SEEDS@/$list/" "$config/cassandra.yaml" > "$work/cassandra.yaml"
}

action='' argument=''
if [[ -f $plan/$POD_NAME ]]; then
  read -r action argument < "$plan/$POD_NAME" || true
fi
has_data || [[ -n $action ]] || refuse "the data directory $CASSANDRA_DATA is empty and no plan names $POD_NAME." \
  "If its volume was lost, replace the node; if the StatefulSet was scaled by hand, scale it back and raise cassandra_nodes."

options=()
case "$action" in
  form)
    wait_for_seeds
    options+=("-Dcassandra.initial_token=$argument" "-Dcassandra.auto_bootstrap=false")
    options+=("-Dcassandra.system_auth.default_rf=$(< "$plan/system_auth_replicas")")
    ;;
  replace) options+=("-Dcassandra.replace_address_first_boot=$argument") ;;
  join | '') ;;
  *) refuse "the plan says '$action' of $POD_NAME, which this script does not know" ;;
esac
say "starting $POD_NAME (${action:-with its data})"
write_configuration
mapfile -t -O "${#options[@]}" options < "$config/jvm.options"

export JVM_EXTRA_OPTS="${JVM_EXTRA_OPTS:-} -Dcassandra.config=file://$work/cassandra.yaml \
-Dcassandra-rackdc.properties=file://$config/cassandra-rackdc.$CASSANDRA_RACK.properties ${options[*]}"
exec cassandra -f

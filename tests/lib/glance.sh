# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154
# A real Glance for tests, without keystone: SQLite, a file store, loopback and
# a port that is free. Source it after tap.sh; it skips the test, or fails it in
# CI, where Glance or its client are not installed.
#
#	glance_start [CONFIG-LINE]...	the lines go to the end of api.conf
#	os image list			the client
#	glance_stop

glance_dir=$tmp/glance
glance_python=/usr/bin/python3 # Debian's, which python3-glance is for
glance_pid=

glance_requires() {
	requires openstack jq
	$glance_python -c 'import glance.cmd.api' 2>/dev/null && return
	if [ -n "${CI:-}" ]; then
		echo "Bail out! python3-glance is missing, which CI must have"
		exit 1
	fi
	echo "1..0 # SKIP python3-glance is missing"
	exit 0
}

# The port that the system would give somebody who asks now.
glance_free_port() {
	$glance_python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

glance_paste() {
	cat <<-'END'
		[pipeline:glance-api]
		pipeline = versionnegotiation fixedid context rootapp
		[composite:rootapp]
		paste.composite_factory = glance.api:root_app_factory
		/: apiversions
		/v2: apiv2app
		[app:apiversions]
		paste.app_factory = glance.api.versions:create_resource
		[app:apiv2app]
		paste.app_factory = glance.api.v2.router:API.factory
		[filter:versionnegotiation]
		paste.filter_factory = glance.api.middleware.version_negotiation:VersionNegotiationFilter.factory
		[filter:context]
		paste.filter_factory = glance.api.middleware.context:ContextMiddleware.factory
		[filter:fixedid]
		paste.filter_factory = fixedid:factory
	END
}

# Everybody is who keystone would say that they are.
glance_fixedid() {
	cat <<-'END'
		def factory(global_conf, **local_conf):
		    def wrap(app):
		        def serve(environ, start_response):
		            environ.update(HTTP_X_IDENTITY_STATUS="Confirmed", HTTP_X_USER_ID="tester",
		                           HTTP_X_PROJECT_ID="testers", HTTP_X_ROLES="admin,member,reader")
		            return app(environ, start_response)
		        return serve
		    return wrap
	END
}

glance_conf() {
	cat <<-END
		[DEFAULT]
		bind_host = 127.0.0.1
		bind_port = $glance_port
		workers = 0
		node_staging_uri = file://$glance_dir/staging
		enabled_import_methods = [glance-direct]
		[glance_store]
		filesystem_store_datadir = $glance_dir/store
		[database]
		connection = sqlite:///$glance_dir/glance.sqlite
		[paste_deploy]
		config_file = $glance_dir/paste.ini
	END
	for line in "$@"; do echo "$line"; done
}

glance_answers() {
	curl -s -o "$tmp/versions" "http://127.0.0.1:$glance_port/versions"
}

glance_start() {
	mkdir -p "$glance_dir/staging" "$glance_dir/store"
	glance_port=$(glance_free_port)
	glance_paste >"$glance_dir/paste.ini"
	glance_fixedid >"$glance_dir/fixedid.py"
	glance_conf "$@" >"$glance_dir/api.conf"
	[ -e "$glance_dir/glance.sqlite" ] || $glance_python -m glance.cmd.manage \
		--config-file "$glance_dir/api.conf" db_sync >"$glance_dir/db.log" 2>&1 || return 1
	PYTHONPATH=$glance_dir${PYTHONPATH:+:$PYTHONPATH} $glance_python -m glance.cmd.api \
		--config-file "$glance_dir/api.conf" >"$glance_dir/api.log" 2>&1 &
	glance_pid=$!
	trap 'glance_stop; rm -rf "$tmp"' EXIT
	tries=0
	until glance_answers; do
		kill -0 "$glance_pid" 2>/dev/null && [ $tries -lt 300 ] || return 1
		tries=$((tries + 1))
		sleep 0.1
	done
	glance_client "$glance_port"
}

# The client, and armvm-image with it, talk to this port.
glance_client() {
	export OS_AUTH_TYPE=none OS_ENDPOINT="http://127.0.0.1:$1"
	unset OS_CLOUD OS_AUTH_URL
}

glance_stop() {
	[ -n "$glance_pid" ] || return 0
	kill "$glance_pid" 2>/dev/null
	wait "$glance_pid" 2>/dev/null
	glance_pid=
}

os() { openstack "$@"; }

# What the API says, without the client, which takes a second: the ids of all images; one
# image as JSON; and the end of one.
glance_ids() { curl -s "http://127.0.0.1:$glance_port/v2/images" | jq -r '.images[].id'; }
glance_image() { curl -s "http://127.0.0.1:$glance_port/v2/images/$1"; }
glance_delete() { curl -s -X DELETE "http://127.0.0.1:$glance_port/v2/images/$1"; }

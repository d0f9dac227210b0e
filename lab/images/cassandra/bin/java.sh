# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
# shellcheck shell=sh disable=SC2034
# Sourced by cassandra and nodetool: the class path, and the module openings that Cassandra needs on Java 17.
export CASSANDRA_HOME="${CASSANDRA_HOME:-/opt/cassandra}" CASSANDRA_CONF="${CASSANDRA_CONF:-/etc/cassandra}"
CLASS_PATH="$CASSANDRA_CONF:$CASSANDRA_HOME/lib/*"

exports="
  java.base/java.lang.ref
  java.base/jdk.internal.misc
  java.management.rmi/com.sun.jmx.remote.internal.rmi
  java.management/com.sun.jmx.remote.security
  java.rmi/sun.rmi.registry
  java.rmi/sun.rmi.server
  java.sql/java.sql
  jdk.unsupported/sun.misc
"
# The second half only 4.1 needs, which knows nothing of Java 17.
opens="
  java.base/java.io
  java.base/java.lang
  java.base/java.lang.module
  java.base/java.lang.reflect
  java.base/java.nio
  java.base/java.util
  java.base/jdk.internal.loader
  java.base/jdk.internal.math
  java.base/jdk.internal.module
  java.base/jdk.internal.ref
  java.base/jdk.internal.reflect
  java.base/jdk.internal.util.jar
  java.base/sun.nio.ch
  jdk.management/com.sun.management.internal

  java.base/java.lang.invoke
  java.base/java.lang.ref
  java.base/java.math
  java.base/java.net
  java.base/java.nio.channels
  java.base/java.nio.charset
  java.base/java.nio.file
  java.base/java.security
  java.base/java.text
  java.base/java.time
  java.base/java.util.concurrent
  java.base/java.util.concurrent.atomic
  java.base/java.util.concurrent.locks
  java.base/java.util.function
  java.base/java.util.regex
  java.base/javax.security.auth
  java.base/jdk.internal.perf
  java.base/sun.net.www.protocol.jar
  java.base/sun.nio.cs
  java.base/sun.nio.fs
  java.base/sun.security.provider
  java.base/sun.util.calendar
  java.management/com.sun.jmx.mbeanserver
  java.management/javax.management
  java.management/sun.management
  java.rmi/sun.rmi.transport
"
MODULE_OPTS="-Djdk.attach.allowAttachSelf=true"
for package in $exports; do MODULE_OPTS="$MODULE_OPTS --add-exports $package=ALL-UNNAMED"; done
for package in $opens; do MODULE_OPTS="$MODULE_OPTS --add-opens $package=ALL-UNNAMED"; done

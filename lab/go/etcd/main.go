// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The meshed.cassandra authors

// Command etcd is the unchanged etcd server.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }

# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""A real Kubernetes, Istio and Cassandra test bed built from package registries alone."""

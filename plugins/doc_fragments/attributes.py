# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Attributes that every module of the collection documents."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation fragments; a module overrides what differs."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and says what would change without changing it.
  diff_mode:
    description: Returns in diff mode what has changed, or in C(check_mode) what would change.
  idempotent:
    description: When run twice in a row with the same arguments, the second run indicates no change.
  action_group:
    description: Use C(group/meshed.cassandra.cassandra) in C(module_defaults) to set the connection options once.
    support: full
    membership:
      - meshed.cassandra.cassandra
"""

    # For modules that only read.
    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module does not modify state.
  diff_mode:
    support: N/A
    details:
      - This module does not modify state.
  idempotent:
    support: full
    details:
      - This module does not modify state.
"""

# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The script of the HTML report: the filter, and folds that open for a link and for paper.

This module util is **private** to the collection.
It reads the page only; nothing that came from a cluster is ever made markup here.
"""

SCRIPT = r"""
'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const checks = Array.from(document.querySelectorAll('.check'));
  const groups = Array.from(document.querySelectorAll('.group'));
  const chips = Array.from(document.querySelectorAll('.chip[data-status]'));
  const filter = byId('filter');
  const group = byId('filter-group');
  const text = byId('filter-text');
  const openAll = byId('open-all');
  if (!filter) {
    return;
  }

  const apply = () => {
    const states = new Set(chips.filter((c) => c.getAttribute('aria-pressed') === 'true').map((c) => c.dataset.status));
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const part of groups) {
      let any = false;
      for (const check of part.querySelectorAll('.check')) {
        const wanted = states.has(check.dataset.status)
          && (!group.value || part.dataset.group === group.value)
          && words.every((word) => check.dataset.words.includes(word));
        check.hidden = !wanted;
        any = any || wanted;
        shown += wanted ? 1 : 0;
      }
      part.hidden = !any;
    }
    byId('nothing').hidden = shown > 0;
    byId('filter-count').textContent = shown === checks.length
      ? 'all ' + shown + ' shown' : shown + ' of ' + checks.length + ' shown';
  };

  const reset = () => {
    chips.forEach((chip) => chip.setAttribute('aria-pressed', 'true'));
    group.value = '';
    text.value = '';
    apply();
  };

  chips.forEach((chip) => chip.addEventListener('click', () => {
    // The first click on a state shows it alone; that is what a person who clicks on "failed" wants.
    const alone = chips.every((one) => one.getAttribute('aria-pressed') === 'true');
    if (alone && chips.length > 1) {
      chips.forEach((one) => one.setAttribute('aria-pressed', String(one === chip)));
    } else {
      chip.setAttribute('aria-pressed', String(chip.getAttribute('aria-pressed') !== 'true'));
    }
    if (!chips.some((one) => one.getAttribute('aria-pressed') === 'true')) {
      chips.forEach((one) => one.setAttribute('aria-pressed', 'true'));
    }
    apply();
  }));
  group.addEventListener('change', apply);
  text.addEventListener('input', apply);
  text.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      reset();
    }
  });
  openAll.addEventListener('click', () => {
    const open = checks.some((check) => !check.hidden && !check.open);
    checks.filter((check) => !check.hidden).forEach((check) => { check.open = open; });
    openAll.textContent = open ? 'Close all' : 'Open all';
  });

  const follow = () => {
    const target = /^#check-\d+$/.test(location.hash) ? byId(location.hash.slice(1)) : null;
    if (target) {
      if (target.hidden) {
        reset();
      }
      target.open = true;
      target.scrollIntoView();
      target.querySelector('summary').focus({ preventScroll: true });
    }
  };
  window.addEventListener('hashchange', follow);

  // Paper gets every table and what did not pass; the evidence of passed checks is printed when it has been opened.
  const printed = 'section > .fold:not([open]), .check.is-fail:not([open]), .check.is-warn:not([open])';
  let closed = [];
  window.addEventListener('beforeprint', () => {
    closed = Array.from(document.querySelectorAll(printed));
    closed.forEach((one) => { one.open = true; });
  });
  window.addEventListener('afterprint', () => {
    closed.forEach((one) => { one.open = false; });
    closed = [];
  });

  filter.hidden = false;
  apply();
  follow();
})();
"""

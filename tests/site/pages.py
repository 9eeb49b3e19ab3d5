"""What is looked at, and how it is measured inside of a page."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
SITE = ROOT / "build/site"
PHOTOGRAPHS = ROOT / "build/site-photographs"

# The start page, one of each kind, and those with the widest tables and code.
PAGES = (
    "index.html",
    "docs/README.html",
    "docs/tutorial/first-hour.html",
    "docs/how-to/deploy.html",
    "docs/reference/configuration.html",
    "docs/reference/messages.html",
    "docs/explanation/when-things-break.html",
    "docs/explanation/threat-model.html",
    "docs/explanation/comparison.html",
    "roles/pamsignal/README.html",
)

# What reaches out of the window, and does not scroll inside itself as tables and code do. Whatever holds the article
# counts as the page: the theme lets that scroll, too, and then all of the page has to be pushed sideways.
TOO_WIDE = """
(() => {
  const edge = document.documentElement.clientWidth;
  const scrolls = node => node.localName !== 'article' &&
    (['auto', 'scroll'].includes(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
  const out = [...document.querySelectorAll('article *')]
    .filter(node => node.getBoundingClientRect().right > edge + 1 && !scrolls(node))
    .map(node => node.outerHTML.slice(0, 100));
  return document.documentElement.scrollWidth > edge ? ['the page', ...out] : out;
})()
"""

# Sizes in pixels of what is read, the least of each kind.
SIZES = """
(() => {
  const least = chosen => Math.min(...[...document.querySelectorAll(chosen)]
    .map(node => parseFloat(getComputedStyle(node).fontSize)));
  return {text: least('article p'), small: least('article td, article code, article pre')};
})()
"""

# Texts whose colour has less contrast to what is behind them than 4.5 to 1 (WCAG 2.1, 1.4.3), with that contrast.
FAINT = """
(() => {
  const light = rgb => rgb.map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const parts = colour => colour.match(/[0-9.]+/g).map(Number);
  const behind = node => {
    const [red, green, blue, alpha = 1] = parts(getComputedStyle(node).backgroundColor);
    return alpha === 1 || !node.parentElement ? [red, green, blue] : behind(node.parentElement);
  };
  const contrast = node => {
    const [low, high] = [light(parts(getComputedStyle(node).color).slice(0, 3)), light(behind(node))]
      .sort((one, other) => one - other);
    return (high + 0.05) / (low + 0.05);
  };
  const written = [...document.querySelectorAll('article *')]
    .filter(node => node.checkVisibility({opacityProperty: true, visibilityProperty: true}) &&
                    !node.matches('.headerlink, .headerlink *') &&
                    [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim()));
  return [...new Set(written.filter(node => contrast(node) < 4.5)
    .map(node => `${node.localName}.${node.className} ${contrast(node).toFixed(1)}`))];
})()
"""

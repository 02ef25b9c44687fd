/**
 * A page about runs: what training wrote, and what the trained networks do with test images. It is
 * HTML with inline SVG, so it stays sharp at any size, follows the reader's light or dark theme and
 * loads nothing. It is made for screens from 390 pixels on.
 */
package sakd.report;

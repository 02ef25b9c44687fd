/**
 * What everything may use and what uses nothing of this program: the error that a user can mend,
 * random numbers, how many processors there are, and which known name is nearest to a mistyped one.
 */
package sakd.base;

/**
 * The command line: one class for each command, which reads its options, calls and prints. The exit
 * code is 0, 2 for a mistake of the user, which is one line, and 1 for one of this program.
 */
package sakd.cli;

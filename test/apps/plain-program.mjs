/** A program that is no server: it prints a line and ends with a status of its own. */
process.stdout.write('done\n');
process.exitCode = 3;

/** Has nothing to do. */
process.exitCode = 0;

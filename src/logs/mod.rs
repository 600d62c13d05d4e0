//! Log files of any size, line by line: an index, windows of lines, search, filter.

"""How large a file may be, and what it may grow to."""

MEMORY_BYTES = 3 << 30  # a million rows of 25 columns need about 1.5 GB in calamine
CPU_SECONDS = 900
UNPACKED_BYTES = 3 << 30
RATIO = 400  # a sheet of one repeated value packs 250:1; a bomb, 1000:1
RATIO_FROM_BYTES = 4 << 20  # small parts may pack well
ENTRIES = 5_000
COLUMNS = 512
CELLS = 40_000_000
CELL_CHARACTERS = 32_767  # Excel's own limit
BATCH = 2_000
LINE_BYTES = 4 << 20  # of one line; twice as much may wait to be read
PARTS_BYTES = 512 << 20  # of one batch; cells are cut long before

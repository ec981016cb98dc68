"""``python -m livehub``: the same as the ``livehub`` command."""

import sys

from livehub.cli import main

if __name__ == "__main__":
    sys.exit(main())

"""``python -m flat_plugin``: the command ``flat``."""

from flat_plugin.cli import main

if __name__ == "__main__":
    main()

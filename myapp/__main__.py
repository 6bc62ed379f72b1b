"""`python3 -m myapp COMMAND`."""

from myapp.cli import main

if __name__ == "__main__":
    main(prog_name="python3 -m myapp")

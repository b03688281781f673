"""Entry point of `python -m canvas_sandbox`."""

from canvas_sandbox.serving import main

if __name__ == "__main__":
    main()

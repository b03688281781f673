"""The sandbox's HTTP face: Canvas's endpoints for SIS imports, the control endpoints, and the pages."""

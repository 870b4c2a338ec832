"""The main job: draws through the equations, bands, checks, and questions put to the result."""

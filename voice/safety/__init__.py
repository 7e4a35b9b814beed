"""Help that is always in reach. This room shares no code with understanding or skills."""

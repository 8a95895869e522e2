"""The generators: from the inventory to the files of hosts/<host>/generated, a folder per concern."""

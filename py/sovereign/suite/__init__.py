"""What must be true, looked at on a machine: one file per type of expectation, run by pytest.

`python -m sovereign.suite` reads an expectations.json and nothing else. A VM test, the rehearsal and
a live host run the same files; they differ in the vantages alone, the places from where is looked.
"""

"""The twin check: does a new report hold the activities of earlier ones, the same in all but one thing?

A copy with other ids, in another zone or without seconds would count twice
(docs/decisions/0022-twins-and-declarations.md).
The order of the steps, and their modules:

1. ``records``: the sample of the new report and the earlier records, as SQL.
2. ``compare``: sample, find earlier records and pair them, in five steps of SQL (``sample.sql`` to ``settle.sql``).
   ``labels`` says which texts are labels.
3. ``judge``: do the pairs make the report a copy? ``kinds`` has the things that differ.
4. ``likeness``: is the report as a whole like earlier ones, with other users, contents or times?
5. ``check``: what is said, or why the report is refused. ``cut`` says how to load two that overlap.

``find`` does steps 2 to 4, for one report or for many small ones at once.
"""

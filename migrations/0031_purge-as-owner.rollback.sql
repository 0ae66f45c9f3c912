-- The functions do the same as before, for every owner.
SELECT;

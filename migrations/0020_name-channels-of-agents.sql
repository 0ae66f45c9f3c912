-- Which channels an agent delivers alerts over: an alert that no agent can deliver says so.
-- depends: 0019_limit-organizations

-- NULL is an agent of the version before, which may have any.
ALTER TABLE agents ADD COLUMN channels text[];

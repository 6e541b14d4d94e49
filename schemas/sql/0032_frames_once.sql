-- The words around figures are kept once an article, with its signature.

ALTER TABLE story_vectors DROP COLUMN frames;

"""Trees from git: what a platform would receive from the index, from a commit, or from the index with the working
tree's contents.

In goes a folder, out comes a Tree, or None where git has nothing to say. The repository may be hostile, so only five
commands run (`rev-parse`, `ls-files`, `ls-tree`, `cat-file --batch`, `diff-index --cached`), none of which writes,
fetches, or starts a program that the repository's configuration names; and nothing is read but the folder itself and
the attributes files that hold for it.
"""

from deploylint.git.process import GitError
from deploylint.git.repository import Repository, find_repository
from deploylint.git.trees import open_index, open_revision, open_staged

__all__ = ["GitError", "Repository", "find_repository", "open_index", "open_revision", "open_staged"]

"""How far the training of each stack is: said by the training, and asked for by people."""

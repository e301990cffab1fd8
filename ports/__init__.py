"""What a decision needs of the machine and must not take by itself: the time, dice, the disk, threads.

Here belong the protocols, their real forms, and simulated ones with which a whole fleet runs in one thread.

Never here: anything that knows what is written, waited for or decided. Engines, Kafka and git have drivers of their own.
"""

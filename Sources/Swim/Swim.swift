// Swim
